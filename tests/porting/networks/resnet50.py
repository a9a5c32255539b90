"""torchvision's ResNet50, mended to be that of keras.applications"""

TRUTH = "right"
INPUT = (64, 64, 3)


def keras_model(shape=INPUT):
    import keras

    return keras.applications.ResNet50(
        weights=None, input_shape=shape, classes=10, classifier_activation=None
    )


def torch_model():
    import torch
    import torchvision
    from torch import nn

    net = torchvision.models.resnet50(num_classes=10)
    for module in list(net.modules()):
        if isinstance(module, torchvision.models.resnet.Bottleneck):
            module.conv1.stride, module.conv2.stride = module.conv2.stride, module.conv1.stride
        if isinstance(module, nn.Conv2d):
            module.bias = nn.Parameter(torch.zeros(module.out_channels))
        if isinstance(module, nn.BatchNorm2d):
            module.eps, module.momentum = 1.001e-5, 0.01
    return net
