"""the U-Net of four levels, but Keras's momentum was copied into one normalisation"""

import u_net_of_four_levels as right

TRUTH = "wrong"
PLACE = ("top2_bn1", "top.1.1")
CAUSE = "momentum copied into one normalisation"
CAUSES = ("momentum",)
INPUT = (64, 64, 3)


def keras_model():
    return right.keras_model()


def torch_model():
    net = right.torch_model()
    net.top[1][1].momentum = 0.99
    return net
