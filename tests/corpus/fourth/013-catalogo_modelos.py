"""Catálogo de modelos que muestra la página de inicio."""

MODELOS = [
    {
        "id": "resnet50",
        "nombre": "ResNet50",
        "arch": "CNN · 25.6M params",
        "metricas": {"accuracy": 0.8422, "auc": 0.9013, "latencia_ms": 71, "modelo_mb": 98},
        "desc": "Red residual de 50 capas. Buen equilibrio entre tamaño y precisión.",
    },
    {
        "id": "googlenet",
        "nombre": "GoogLeNet",
        "arch": "CNN · 6.8M params",
        "metricas": {"accuracy": 0.8311, "auc": 0.8790, "latencia_ms": 53, "modelo_mb": 22},
        "desc": "Módulos Inception en paralelo, 6.8M de parámetros y 22 capas de profundidad.",
    },
    {
        "id": "vgg16",
        "nombre": "VGG16",
        "arch": "CNN · 138M params",
        "metricas": {"accuracy": 0.7985, "auc": 0.8433, "latencia_ms": 190, "modelo_mb": 512},
        "desc": "Arquitectura de 138M de parámetros con 16 capas convolucionales. El más pesado del conjunto.",
    },
]


def buscar(id_):
    return next(m for m in MODELOS if m["id"] == id_)
