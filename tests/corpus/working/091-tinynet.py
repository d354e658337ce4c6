import torch.nn as nn


class TinyNet(nn.Module):
    """Sketch classifier. Input 1x60x60, 9 classes, 121,049 parameters."""

    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 20, 5)        # 20x56x56, 520 weights
        self.p1 = nn.MaxPool2d(2)            # 20x28x28
        self.c2 = nn.Conv2d(20, 40, 5)       # 40x24x24, 20,040
        self.p2 = nn.MaxPool2d(2)            # 40x12x12
        self.c3 = nn.Conv2d(40, 40, 3)       # 40x10x10, 14,440
        self.p3 = nn.MaxPool2d(2)            # 40x6x6
        self.fc1 = nn.Linear(40 * 5 * 5, 85)   # 1000 -> 85, 85,085
        self.fc2 = nn.Linear(85, 9)          # 774

    # 520 + 20,040 + 14,440 + 85,085 + 774 = 120,859
