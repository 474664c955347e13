"""What people take away: figures and tables of the reports folder, a pruned network with its card."""
