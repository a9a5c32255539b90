"""the mended EfficientNetB0, but one normalisation in the middle keeps PyTorch's epsilon"""

import efficientnet_b0 as mended

TRUTH = "wrong"
PLACE = ("block5b_bn", "features.5.1.block.1.1")
CAUSE = "epsilon of one normalisation"
CAUSES = ("epsilon",)
INPUT = (64, 64, 3)


def keras_model():
    return mended.keras_model()


def torch_model():
    model = mended.torch_model()
    model.net.features[5][1].block[1][1].eps = 1e-5
    return model
