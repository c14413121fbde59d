namespace Fovea.App.Detecting;

/// <summary>A picture to detect in.</summary>
/// <param name="Shown">As lines and messages call it.</param>
/// <param name="Name">As files about it call it: relative, with slashes.</param>
/// <param name="Path">Whole; null where it came by the input stream.</param>
/// <param name="Content">What came by the input stream.</param>
internal sealed record PictureSource(string Shown, string Name, string? Path, byte[]? Content = null)
{
    /// <summary>The upright picture.</summary>
    public RgbImage Decode() => Path is null ? ImageFile.Decode(Content, Shown) : ImageFile.Decode(Path);
}

/// <summary>A picture, or an argument that should name some, of which nothing came.</summary>
/// <param name="Shown">Which.</param>
/// <param name="Problem">The message, which names it.</param>
internal sealed record PictureFailure(string Shown, string Problem);
