"""the same at the size that it was made for: for its time"""

import mobilenet_v2 as small

TRUTH = "right"
INPUT = (224, 224, 3)


def keras_model():
    return small.keras_model(INPUT)


def torch_model():
    return small.torch_model()
