namespace Fovea.Detection;

/// <summary>The anchors of a pyramid. Levels may differ in sizes, ratios and therefore in A.</summary>
/// <remarks>Source: torchvision/models/detection/anchor_utils.py (0.14); detectron2/modeling/anchor_generator.py.</remarks>
internal static class AnchorGenerator
{
    /// <summary>The anchors around the origin, <c>[A]</c>.</summary>
    public static Box[] BaseAnchors(AnchorLevel level)
    {
        ArgumentNullException.ThrowIfNull(level);
        var boxes = new Box[level.PerCell];
        BaseAnchors(level, boxes);
        return boxes;
    }

    /// <summary>Writes the anchors around the origin, <c>[A]</c>.</summary>
    public static void BaseAnchors(AnchorLevel level, Span<Box> destination)
    {
        ArgumentNullException.ThrowIfNull(level);
        Require(destination.Length, level.PerCell, nameof(destination));
        for (var ratio = 0; ratio < level.Ratios.Length; ratio++)
        {
            for (var size = 0; size < level.Sizes.Length; size++)
            {
                var index = level.SizeMajor ? size * level.Ratios.Length + ratio : ratio * level.Sizes.Length + size;
                destination[index] = level.Rounded
                    ? Rounded(level.Sizes[size], level.Ratios[ratio])
                    : Exact(level.Sizes[size], level.Ratios[ratio]);
            }
        }
    }

    /// <summary>Pixels between neighbouring cells: the level's stride, or canvas / grid in whole pixels for each axis.</summary>
    public static (int Height, int Width) Strides(AnchorLevel level, int gridHeight, int gridWidth, int canvasHeight, int canvasWidth)
    {
        ArgumentNullException.ThrowIfNull(level);
        ArgumentOutOfRangeException.ThrowIfLessThan(gridHeight, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(gridWidth, 1);
        return level.Stride > 0 ? (level.Stride, level.Stride) : (canvasHeight / gridHeight, canvasWidth / gridWidth);
    }

    /// <summary>Writes one level's anchors, <c>[H·W·A]</c> in the order (y, x, anchor), in pixels of the canvas.</summary>
    public static void Generate(AnchorLevel level, int gridHeight, int gridWidth, int canvasHeight, int canvasWidth, Span<Box> destination)
    {
        var (strideY, strideX) = Strides(level, gridHeight, gridWidth, canvasHeight, canvasWidth);
        Require(destination.Length, gridHeight * gridWidth * level.PerCell, nameof(destination));
        var around = BaseAnchors(level);
        var next = 0;
        for (var y = 0; y < gridHeight; y++)
        {
            for (var x = 0; x < gridWidth; x++)
            {
                float shiftX = x * strideX;
                float shiftY = y * strideY;
                foreach (var b in around)
                {
                    destination[next++] = new Box(shiftX + b.X1, shiftY + b.Y1, shiftX + b.X2, shiftY + b.Y2);
                }
            }
        }
    }

    /// <summary>The anchors of all levels, one after the other.</summary>
    /// <param name="levels">One for each pyramid level.</param>
    /// <param name="grids">Cells of each level.</param>
    /// <param name="canvasHeight">Of the padded batch, in pixels.</param>
    /// <param name="canvasWidth">Of the padded batch, in pixels.</param>
    /// <exception cref="ArgumentException">There are not as many grids as levels.</exception>
    public static Box[] Generate(
        IReadOnlyList<AnchorLevel> levels, IReadOnlyList<(int Height, int Width)> grids, int canvasHeight, int canvasWidth)
    {
        ArgumentNullException.ThrowIfNull(levels);
        ArgumentNullException.ThrowIfNull(grids);
        if (levels.Count != grids.Count)
        {
            throw new ArgumentException($"{levels.Count} levels, but {grids.Count} grids: give one grid for each level.", nameof(grids));
        }

        var total = 0;
        for (var i = 0; i < levels.Count; i++)
        {
            total += grids[i].Height * grids[i].Width * levels[i].PerCell;
        }

        var boxes = new Box[total];
        var start = 0;
        for (var i = 0; i < levels.Count; i++)
        {
            var count = grids[i].Height * grids[i].Width * levels[i].PerCell;
            Generate(levels[i], grids[i].Height, grids[i].Width, canvasHeight, canvasWidth, boxes.AsSpan(start, count));
            start += count;
        }

        return boxes;
    }

    /// <summary>torchvision: float32 throughout, half extents rounded half to even.</summary>
    private static Box Rounded(float size, float ratio)
    {
        var root = MathF.Sqrt(ratio);
        var width = 1 / root * size;
        var height = root * size;
        return new(MathF.Round(-width / 2), MathF.Round(-height / 2), MathF.Round(width / 2), MathF.Round(height / 2));
    }

    /// <summary>Detectron2 and the paper: w = √(s² / r), h = r·w, in double, then to float32.</summary>
    private static Box Exact(double size, double ratio)
    {
        var width = Math.Sqrt(size * size / ratio);
        var height = ratio * width;
        return new((float)(-width / 2), (float)(-height / 2), (float)(width / 2), (float)(height / 2));
    }

    private static void Require(int found, int expected, string name)
    {
        if (found != expected)
        {
            throw new ArgumentException($"{name} holds {found} boxes, expected {expected}.", name);
        }
    }
}
