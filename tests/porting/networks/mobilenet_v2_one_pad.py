"""the mended MobileNetV2, but one strided convolution pads both sides, as PyTorch's authors do"""

import mobilenet_v2 as mended

TRUTH = "wrong"
PLACE = ("block_3_depthwise", "features.4.conv.1")
CAUSE = "pads of a strided convolution"
CAUSES = ("padding_side",)
INPUT = (64, 64, 3)


def keras_model():
    return mended.keras_model()


def torch_model():
    from torch import nn

    net = mended.torch_model()
    net.features[4].conv[1][0] = nn.ZeroPad2d(1)
    return net
