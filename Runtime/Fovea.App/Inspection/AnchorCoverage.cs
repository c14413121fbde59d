using Fovea.Detection;

namespace Fovea.App.Inspection;

/// <summary>
/// How well a declaration's anchors fit a box. Of anchors of one shape the one whose centre is nearest overlaps most, so that the cells
/// around a
/// box's centre are enough: no list of all anchors.
/// </summary>
internal sealed class AnchorCoverage
{
    private readonly (AnchorLevel Level, Box[] Anchors, int Number)[] levels;

    /// <param name="anchors">For each level, finest first.</param>
    /// <param name="firstLevel">3 for P3.</param>
    public AnchorCoverage(IReadOnlyList<AnchorLevel> anchors, int firstLevel) =>
        levels = [.. anchors.Select((a, i) => (a, AnchorGenerator.BaseAnchors(a), firstLevel + i))];

    /// <summary>The anchor that overlaps most.</summary>
    /// <param name="box">In pixels of the canvas.</param>
    /// <param name="canvas">In pixels.</param>
    /// <returns>Index of its level, and the overlap.</returns>
    public (int Level, float IoU) Best(Box box, CanvasSize canvas)
    {
        var best = (Level: 0, IoU: -1f);
        for (var l = 0; l < levels.Length; l++)
        {
            var (level, anchors, number) = levels[l];
            var (rows, columns) = (Cells(canvas.Height, number), Cells(canvas.Width, number));
            var (strideY, strideX) = AnchorGenerator.Strides(level, rows, columns, canvas.Height, canvas.Width);
            var (x, y) = ((box.X1 + box.X2) / 2 / strideX, (box.Y1 + box.Y2) / 2 / strideY);
            foreach (var column in Near(x, columns))
            {
                foreach (var row in Near(y, rows))
                {
                    foreach (var a in anchors)
                    {
                        float shiftX = column * strideX, shiftY = row * strideY;
                        var overlap = BoxMath.IoU(box, new Box(a.X1 + shiftX, a.Y1 + shiftY, a.X2 + shiftX, a.Y2 + shiftY));
                        best = overlap > best.IoU ? (l, overlap) : best;
                    }
                }
            }
        }

        return best;
    }

    /// <summary>Cells of a level: halved and rounded up from one level to the next.</summary>
    private static int Cells(int size, int level)
    {
        for (var i = 0; i < level; i++)
        {
            size = (size + 1) / 2;
        }

        return size;
    }

    private static ReadOnlySpan<int> Near(float position, int cells)
    {
        var low = Math.Clamp((int)MathF.Floor(position), 0, cells - 1);
        var high = Math.Min(low + 1, cells - 1);
        return new[] { low, high };
    }
}
