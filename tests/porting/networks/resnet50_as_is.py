"""both as they come: torchvision's has no biases, other defaults, and the stride in the 3x3"""

TRUTH = "wrong"
PLACE = ("conv1", "conv2_block")
CAUSE = "bias missing, epsilon and momentum of the normalisation, stride in the 3x3"
INPUT = (64, 64, 3)


def keras_model():
    import keras

    return keras.applications.ResNet50(
        weights=None, input_shape=INPUT, classes=10, classifier_activation=None
    )


def torch_model():
    import torchvision

    return torchvision.models.resnet50(num_classes=10)
