using Fovea.CompilerServices;
using Fovea.Detection;

namespace Fovea.Ops.HardExamples;

/// <summary>
/// The anchors of all levels as grids: the A boxes of a level's first cell, shifted by a constant step for each cell. Which cells an
/// overlap can come from follows from the sizes alone, so that an anchor is compared with some hundreds of others and not with all.
/// </summary>
internal readonly unsafe struct AnchorNeighbours(Box* anchors, AnchorMap map, double threshold)
{
    /// <summary>Cells that a grid may be off, as a share of a step: the comparison itself is exact.</summary>
    private const float Slack = 0.25f;

    private readonly Box* anchors = anchors;
    private readonly AnchorMap map = map;
    private readonly double threshold = threshold;

    /// <summary>Sets a flag in the state of every anchor that overlaps one by more than the threshold, its own among them.</summary>
    /// <returns>How many of those that had <paramref name="counted"/> and not the flag have it now.</returns>
    public int Strike(int anchor, byte* states, byte flag, byte counted)
    {
        var box = anchors[anchor];
        var struck = 0;
        for (var level = 0; level < map.Levels; level++)
        {
            var (before, height, width) = AnchorGrid.Of(map.Height, map.Width, map.PerCell, level);
            for (var k = 0; k < map.PerCell; k++)
            {
                struck += Strike(box, new Grid(anchors + before + k, height, width, map.PerCell), states + before + k, flag, counted);
            }
        }

        return struck;
    }

    private int Strike(in Box box, in Grid grid, byte* states, byte flag, byte counted)
    {
        var struck = 0;
        var (top, bottom) = grid.Rows(box, (float)threshold);
        var (left, right) = grid.Columns(box, (float)threshold);
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                var at = (long)((y * grid.Width) + x) * map.PerCell;
                if ((states[at] & flag) == 0 && BoxMath.IoU(box, grid.First[at]) > threshold)
                {
                    struck += (states[at] & counted) != 0 ? 1 : 0;
                    states[at] |= flag;
                }
            }
        }

        return struck;
    }

    /// <summary>One of a level's A boxes at all its cells.</summary>
    private readonly struct Grid(Box* first, int height, int width, int perCell)
    {
        public readonly Box* First = first;
        public readonly int Width = width;
        private readonly int height = height;
        private readonly int perCell = perCell;

        /// <summary>The columns whose boxes may overlap one by more than the threshold; none if the last is before the first.</summary>
        public (int First, int Last) Columns(in Box box, float threshold)
        {
            var last = First[(long)(Width - 1) * perCell];
            return Range(
                First->X1, First->X2, last.X1, Width, box.X1, box.X2,
                threshold * MathF.Max(box.Area, First->Area) / MathF.Min(box.Height, First->Height));
        }

        /// <summary>The rows, likewise.</summary>
        public (int First, int Last) Rows(in Box box, float threshold)
        {
            var last = First[(long)(height - 1) * Width * perCell];
            return Range(
                First->Y1, First->Y2, last.Y1, height, box.Y1, box.Y2,
                threshold * MathF.Max(box.Area, First->Area) / MathF.Min(box.Width, First->Width));
        }

        /// <summary>
        /// Where intervals must have <paramref name="common"/> in common: an IoU above t takes a common part of t times the greater area,
        /// which is no higher than the lower of the boxes.
        /// </summary>
        private static (int First, int Last) Range(
            float low, float high, float lastLow, int count, float boxLow, float boxHigh, float common)
        {
            if (count == 1)
            {
                return (0, 0);
            }

            var step = (lastLow - low) / (count - 1);
            var reach = (0.5f * (high - low + boxHigh - boxLow)) - common + (Slack * step);
            var centre = 0.5f * (boxLow + boxHigh - low - high);
            return (
                (int)MathF.Max(0, MathF.Ceiling((centre - reach) / step)),
                (int)MathF.Min(count - 1, MathF.Floor((centre + reach) / step)));
        }
    }
}
