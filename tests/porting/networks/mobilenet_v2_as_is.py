"""both as they come: TensorFlow's padding, other defaults, a dropout in torchvision's"""

TRUTH = "wrong"
PLACE = ("Conv1", "bn", "features")
CAUSE = "padding of strided convolutions, epsilon and momentum of the normalisation, dropout"
INPUT = (64, 64, 3)


def keras_model():
    import keras

    return keras.applications.MobileNetV2(
        weights=None, input_shape=INPUT, classes=10, classifier_activation=None
    )


def torch_model():
    import torchvision

    return torchvision.models.mobilenet_v2(num_classes=10)
