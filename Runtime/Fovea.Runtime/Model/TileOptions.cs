namespace Fovea;

/// <summary>
/// How a large picture is cut into overlapping tiles, so that small objects are seen at the size that the detector has learned.
/// </summary>
public sealed record TileOptions
{
    /// <summary>
    /// A tile's width in pixels of the picture. 0: the canvas's, so that a pixel of the picture is one of the canvas (the largest of fixed
    /// canvases; with a variable one its shorter side).
    /// </summary>
    public int Width { get; init; }

    /// <summary>A tile's height in pixels of the picture; 0: in the canvas's ratio to the width.</summary>
    public int Height { get; init; }

    /// <summary>
    /// The part of a tile that its neighbour sees, too, at least; 0 to 0.5. An object that is no larger is whole in one of them.
    /// </summary>
    public double Overlap { get; init; } = 0.2;

    /// <summary>
    /// Detect in the whole picture, too, as <see cref="Detector{TClass}.Detect(RgbImage, DetectOptions?)"/> does, for objects that are
    /// larger than the overlap; smaller ones are the tiles' alone.
    /// </summary>
    public bool WholePicture { get; init; } = true;

    /// <summary>Tiles that are computed together. A GPU does more of them in a second; on the CPU it is memory and nothing else.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>
    /// Detections of the whole picture at the most, the best; 0: all. <see cref="DetectOptions.MaxDetections"/> speaks of each tile.
    /// </summary>
    public int MaxDetections { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Width);
        ArgumentOutOfRangeException.ThrowIfNegative(Height);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxDetections);
        if (Overlap is not (>= 0 and <= 0.5))
        {
            throw new ArgumentOutOfRangeException(nameof(Overlap), Overlap, "Expected 0 to 0.5 of a tile.");
        }
    }
}
