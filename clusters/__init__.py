"""How a cluster comes to be: one provider a package, behind the contract in :mod:`clusters.contract`."""
