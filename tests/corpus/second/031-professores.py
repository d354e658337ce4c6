import torch
import torch.nn as nn
from torchvision import models


class Professor(nn.Module):
    """
    Encoder congelado + classificador treinavel.

    Fluxo:
        Imagem [B, 3, 224, 224]
            |
        [ENCODER]             <- pesos da ImageNet, nao mudam
            |
        mapa antes do GAP: [B, C, 7, 7]
            |
        Global Average Pooling
            |
        vetor: [B, C]
            |
        [CLASSIFICADOR]       <- so isto treina: C * n_classes + n_classes

    Professores do projeto:
        VGG-16:      138M params, 15.5 GFLOPs, dim pos-GAP=512
        VGG-19:      144M params, 19.6 GFLOPs, dim pos-GAP=512
        ResNet-50:   25.6M params, 4.1 GFLOPs, dim pos-GAP=2048
        ResNet-18:   11.7M params, 1.8 GFLOPs, dim pos-GAP=1024

    Com 9 classes a VGG-16 treina 512 * 9 + 9 = 4617 parametros, a ResNet-50 treina 18441.
    """

    def __init__(self, nome, n_classes):
        super().__init__()
        base = getattr(models, nome)(weights='DEFAULT')
