"""What components count of resizes."""
