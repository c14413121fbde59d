namespace Fovea.Imaging.Codecs;

/// <summary>What is wrong with a file.</summary>
internal enum ImageFault
{
    Damaged,
    CutOff,
    NotSupported,
}

/// <summary>Pixels that do not come out of a file; the codec, which knows its name, tells it as <see cref="InvalidImageException"/>.</summary>
internal sealed class ImageDataException(ImageFault fault, string message) : Exception(message)
{
    public ImageFault Fault { get; } = fault;

    public static ImageDataException CutOff() => new(ImageFault.CutOff, "cut off");

    public static ImageDataException Damaged(string what) => new(ImageFault.Damaged, what);

    public static ImageDataException NotSupported(string feature) => new(ImageFault.NotSupported, feature);
}
