"""the mended ResNet50, but one block strides in its 3x3, as torchvision's do"""

import resnet50 as mended

TRUTH = "wrong"
PLACE = ("conv4_block1_1_conv", "layer3.0.conv1")
CAUSE = "stride in the second convolution of one block, not in its first"
CAUSES = ("strides",)
INPUT = (64, 64, 3)


def keras_model():
    return mended.keras_model()


def torch_model():
    net = mended.torch_model()
    block = net.layer3[0]
    block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride
    return net
