"""torchvision's EfficientNetB0, scaled, padded and normalised as that of keras.applications"""

TRUTH = "right"
INPUT = (64, 64, 3)


def keras_model(shape=INPUT):
    import keras

    return keras.applications.EfficientNetB0(
        weights=None, input_shape=shape, classes=10, classifier_activation=None
    )


def torch_model():
    import torchvision
    from torch import nn

    net = torchvision.models.efficientnet_b0(num_classes=10)
    for module in list(net.modules()):
        if isinstance(module, nn.BatchNorm2d):
            module.eps, module.momentum = 1e-3, 0.01
        if isinstance(module, torchvision.ops.Conv2dNormActivation) and module[0].stride == (2, 2):
            after = module[0].kernel_size[0] // 2
            module[0].padding = (0, 0)
            module.insert(0, nn.ZeroPad2d((after - 1, after, after - 1, after)))

    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, x):
            return self.net(x / 255)

    return Scaled()
