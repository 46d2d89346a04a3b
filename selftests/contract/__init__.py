"""What every provider of clusters must do, and how it must fail: one test for all of them."""
