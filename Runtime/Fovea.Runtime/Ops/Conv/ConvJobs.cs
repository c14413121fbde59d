using Fovea.Cpu;
using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>
/// A convolution or its gradient with respect to its input on all levels of a pyramid. Each level takes the form that suits its size, as if
/// it were alone; the weights are packed once for each form, and the tasks of all levels are one list.
/// </summary>
internal unsafe struct ConvJobs(CpuContext context, in ConvParameters w)
{
    private readonly CpuContext context = context;
    private readonly ConvParameters w = w;
    private PyramidJob<ConvGemmJob> products;
    private PyramidJob<WinogradJob> winograd;
    private float* packed;
    private float* filters;
    private long workspace;

    /// <summary>A level.</summary>
    public void Add(in ConvGeometry geometry, in ConvEpilogue epilogue)
    {
        if (WinogradTiles.Applies(w, geometry.Destination, context.Kernels.TileRows))
        {
            filters = filters == null ? PackFilters(geometry) : filters;
            var padding = geometry.Backward ? 2 - w.Padding : w.Padding;
            var job = new WinogradJob(context, geometry.Source, geometry.Destination, padding, filters, epilogue);
            workspace = Math.Max(workspace, job.WorkspaceLength);
            winograd.Add(job);
        }
        else
        {
            packed = packed == null ? Pack(geometry) : packed;
            var job = new ConvGemmJob(context, geometry, packed, epilogue);
            workspace = Math.Max(workspace, job.WorkspaceLength);
            products.Add(job);
        }
    }

    /// <summary>Does all levels.</summary>
    public void Run()
    {
        context.ReserveWorkspaces(workspace);
        PyramidJob<WinogradJob, ConvGemmJob>.Run(context.Pool, ref winograd, ref products);
    }

    private readonly float* Pack(in ConvGeometry geometry)
    {
        var columns = context.Kernels.TileColumns;
        var packer = new ConvPacker(geometry, w, columns, context.Weights(w));
        var key = new PackedKey(w.Storage, w.Weight, geometry.Backward ? PackedForm.BackwardData : PackedForm.Forward, columns);
        return context.Model.Packed.Get(key, ConvPacker.PackedLength(geometry, columns), context.Version(w), context.Pool, ref packer);
    }

    private readonly float* PackFilters(in ConvGeometry geometry)
    {
        var kernels = context.Kernels;
        var packer = new WinogradPacker(kernels, w, geometry.Backward, context.Weights(w));
        var form = geometry.Backward ? PackedForm.WinogradBackwardData : PackedForm.WinogradForward;
        var key = new PackedKey(w.Storage, w.Weight, form, kernels.TileColumns);
        var cell = WinogradPacker.CellStride(geometry.Source.Channels, geometry.Destination.Channels, kernels.TileColumns);
        return context.Model.Packed.Get(key, WinogradTiles.Cells * cell, context.Version(w), context.Pool, ref packer);
    }
}
