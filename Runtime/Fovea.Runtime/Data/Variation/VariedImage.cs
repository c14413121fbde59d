using System.Collections.Immutable;

namespace Fovea.Data.Variation;

/// <summary>One picture of a canvas: turned, cut, placed. Its objects are on the canvas.</summary>
/// <param name="Index">Of the image in the data set.</param>
/// <param name="Quarters">By which it is turned before all else.</param>
/// <param name="Placement">Of the turned picture.</param>
/// <param name="Color">How its colours change.</param>
internal readonly record struct VariedImage(int Index, int Quarters, ImagePlacement Placement, ColorTransform Color)
{
    /// <summary>Whether a part of the picture is not shown.</summary>
    public bool IsCut => Placement.WindowWidth < Placement.SourceWidth || Placement.WindowHeight < Placement.SourceHeight;

    /// <summary>
    /// The picture's objects and crowd regions on the canvas, without objects of which too little is shown. Of a region every part counts.
    /// </summary>
    /// <param name="objects">The image's.</param>
    /// <param name="minVisible">Share of the area that must remain.</param>
    public IEnumerable<LabeledBox<TClass>> ObjectsOf<TClass>(ImmutableArray<LabeledBox<TClass>> objects, double minVisible)
        where TClass : struct, Enum
    {
        var (width, height) = QuarterTurn.SizeOf(Placement.SourceWidth, Placement.SourceHeight, Quarters);
        foreach (var o in objects)
        {
            var whole = Placement.ToCanvas(QuarterTurn.Turn(o.Box, width, height, Quarters));
            if (!IsCut)
            {
                yield return o with { Box = whole };
                continue;
            }

            var visible = new Box(
                Math.Max(0, whole.X1), Math.Max(0, whole.Y1), Math.Min(Placement.Width, whole.X2), Math.Min(Placement.Height, whole.Y2));
            if (visible is { Width: > 0, Height: > 0 } && (o.IsCrowd || visible.Area >= minVisible * whole.Area))
            {
                yield return o with { Box = visible };
            }
        }
    }
}
