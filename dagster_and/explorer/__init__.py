"""The neuron explorer: pages on the warehouse, to see and hear every neuron. Reads only; nothing leaves the machine."""
