import torch
from torchvision.models import vgg19


class Perceptual(torch.nn.Module):
    """L1 distance of VGG-19 features.

    For a crop of 256x256 the taps are
        relu1_2: (B,  64, 256, 256)
        relu2_2: (B, 128, 128, 128)
        relu3_4: (B, 256,  64,  64)
        relu4_4: (B, 512,  32,  32)
        relu5_4: (B, 512,  16,  16)
    The convolutional part holds 20,024,384 weights (80.1 MB in float32).
    """

    taps = [3, 8, 17, 26, 35]
    scale = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0]

    def __init__(self):
        super().__init__()
        self.net = vgg19(weights="DEFAULT").features.eval()  # 16 convs, 5 pools
        for p in self.net.parameters():
            p.requires_grad_(False)

    def forward(self, a, b):
        loss = 0
        for i, m in enumerate(self.net):
            a, b = m(a), m(b)
            if i in self.taps:
                loss = loss + self.scale[self.taps.index(i)] * (a - b).abs().mean()
        return loss
