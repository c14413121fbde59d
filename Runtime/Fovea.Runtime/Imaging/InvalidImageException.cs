namespace Fovea;

/// <summary>A file that is no readable picture: of another kind, damaged, or cut off. The message names the file, what was expected and
/// what was found.</summary>
public sealed class InvalidImageException : IOException
{
    /// <param name="file">The file, or how its source is known.</param>
    /// <param name="problem">What was expected and what was found.</param>
    /// <param name="inner">What the reading failed with.</param>
    public InvalidImageException(string file, string problem, Exception? inner = null)
        : base($"{file}: {problem}", inner) => File = file;

    /// <summary>The file, or how its source is known.</summary>
    public string File { get; }

    /// <summary>For a codec: bytes of no kind that it knows, or whose header is not whole.</summary>
    /// <param name="file">The file, or how its source is known.</param>
    /// <param name="formats">What the codec decodes: <see cref="IImageCodec.Formats"/>.</param>
    /// <param name="content">The file; its first bytes are told.</param>
    public static InvalidImageException NotAPicture(string file, string formats, Stream content)
    {
        ArgumentNullException.ThrowIfNull(content);
        Span<byte> start = stackalloc byte[8];
        content.Position = 0;
        start = start[..content.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        return new InvalidImageException(
            file, $"expected a picture ({formats}) with a complete header, found bytes that begin with {Convert.ToHexString(start)}.");
    }

    /// <summary>For a codec: the file ends before its pixels do.</summary>
    /// <param name="file">The file, or how its source is known.</param>
    /// <param name="header">What it declares.</param>
    /// <param name="length">Its bytes.</param>
    public static InvalidImageException CutOff(string file, in ImageHeader header, long length) => new(
        file, $"the {DataOf(header)} ends early, after {length} bytes: the file is cut off; restore or remove it.");

    /// <summary>For a codec: pixels that cannot be decoded.</summary>
    /// <param name="file">The file, or how its source is known.</param>
    /// <param name="header">What it declares.</param>
    /// <param name="reason">What is wrong.</param>
    /// <param name="inner">What the decoding failed with.</param>
    public static InvalidImageException Damaged(string file, in ImageHeader header, string reason, Exception? inner = null) => new(
        file, $"the {DataOf(header)} cannot be decoded ({reason}): the file is damaged; restore or remove it.", inner);

    /// <summary>For a codec: a whole file of a kind of which the codec does not decode all.</summary>
    /// <param name="file">The file, or how its source is known.</param>
    /// <param name="header">What it declares.</param>
    /// <param name="feature">What is not decoded: "tiles".</param>
    public static InvalidImageException NotSupported(string file, in ImageHeader header, string feature) => new(
        file, $"the {DataOf(header)} is of a kind that is not decoded: {feature}; save it as PNG.");

    private static string DataOf(in ImageHeader header) => $"{header.Format} data of {header.Width}×{header.Height} pixels";
}
