"""torchvision's MobileNetV2, padded and normalised as that of keras.applications"""

TRUTH = "right"
INPUT = (64, 64, 3)


def keras_model(shape=INPUT):
    import keras

    return keras.applications.MobileNetV2(
        weights=None, input_shape=shape, classes=10, classifier_activation=None
    )


def torch_model():
    import torchvision
    from torch import nn

    net = torchvision.models.mobilenet_v2(num_classes=10)
    for module in list(net.modules()):
        if isinstance(module, nn.BatchNorm2d):
            module.eps, module.momentum = 1e-3, 0.001
        if isinstance(module, torchvision.ops.Conv2dNormActivation) and module[0].stride == (2, 2):
            module[0].padding = (0, 0)
            module.insert(0, nn.ZeroPad2d((0, 1, 0, 1)))
    net.classifier = net.classifier[1]
    return net
