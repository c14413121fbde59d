using Fovea.Cpu;
using Fovea.Detection;
using Fovea.Ops.Anchors;
using Fovea.Ops.Matching;
using Fovea.Tensors;

namespace Fovea.Ops;

internal readonly unsafe partial struct CpuBackend
{
    /// <inheritdoc cref="Backends.IBackend.GenerateAnchors"/>
    public void GenerateAnchors(in AnchorLevel level, int canvasHeight, int canvasWidth, AnchorMap anchors)
    {
        if (level.PerCell != anchors.PerCell)
        {
            throw new ArgumentException(
                $"The level has {level.PerCell} anchors for each cell, the map {anchors.PerCell}.", nameof(anchors));
        }

        var boxes = new Span<Box>(context.At(anchors.Offset), anchors.Count);
        AnchorGenerator.Generate(level, anchors.Height, anchors.Width, canvasHeight, canvasWidth, boxes);
    }
}
