"""What every reader is asked for: batches of normalised pictures."""

BATCH = 128  # pictures
EDGE = 224  # pixels of what is seen of each, both ways
MEAN = (123.68, 116.28, 103.53)  # of ImageNet, in levels of 0 … 255
STD = (58.395, 57.12, 57.375)
