import torch.nn as nn
import torch.nn.functional as F


class SignNet(nn.Module):
    """Numbers in the comments are for a batch of 1 and a 3 x 80 x 80 image."""

    def __init__(self, n_classes=29):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 20, 5)           # 20*3*5*5 + 20 = 1520
        self.conv2 = nn.Conv2d(20, 40, 5)          # 40*20*5*5 + 40 = 20040
        self.conv3 = nn.Conv2d(40, 60, 3)          # 60*40*3*3 + 60 = 21660
        self.fc1 = nn.Linear(60 * 7 * 7, 200)      # 2940*200 + 200 = 588200
        self.fc2 = nn.Linear(200, n_classes)       # 200*29 + 29 = 5829
        # total 637249

    def forward(self, x):                          # 3 x 80 x 80
        x = F.max_pool2d(F.relu(self.conv1(x)), 2) # 20 x 76 x 76 -> 20 x 38 x 38
        x = F.max_pool2d(F.relu(self.conv2(x)), 2) # 40 x 34 x 34 -> 40 x 17 x 17
        x = F.max_pool2d(F.relu(self.conv3(x)), 2) # 60 x 15 x 15 -> 60 x 7 x 7
        x = x.flatten(1)                           # 2940
        x = F.relu(self.fc1(x))
        return self.fc2(x)
