"""Emotion recognition on 48x48 gray faces (7 emotions).

Params: conv part 92,672, classifier 590,592
"""
import torch
from torch import nn


class FaceNet(nn.Module):
    def __init__(self, n_out: int = 7):
        super().__init__()
        self.c1 = nn.Conv2d(1, 32, 3, padding=1)     # 1x48x48 -> 32x48x48, 320 params
        self.c2 = nn.Conv2d(32, 64, 3, padding=1)    # 32x24x24 -> 64x24x24, 18496 params
        self.c3 = nn.Conv2d(64, 128, 3, padding=1)   # 64x12x12 -> 128x12x12, 73856 params
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(128 * 6 * 6, 256)       # 4608 -> 256
        self.fc2 = nn.Linear(256, n_out)

    def forward(self, x):
        x = self.pool(torch.relu(self.c1(x)))        # (B, 32, 24, 24)
        x = self.pool(torch.relu(self.c2(x)))        # (B, 64, 12, 12)
        x = self.pool(torch.relu(self.c3(x)))        # (B, 128, 12, 12)
        x = x.flatten(1)                             # (B, 4608)
        x = torch.relu(self.fc1(x))
        return self.fc2(x)                           # (B, 7)
