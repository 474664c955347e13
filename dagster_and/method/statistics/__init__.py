"""Statistics that several rooms use: the area under the ROC curve by ranks with its tests and intervals, ridge
regression.
"""
