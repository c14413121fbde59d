using Fovea.Tensors;

namespace Fovea.Cuda;

internal readonly unsafe partial struct CudaBackend
{
    internal void WriteValues(FeatureMap map, ReadOnlySpan<float> source)
    {
        var floats = new DevicePointer<float>(context.Workspace(source.Length * 4L));
        fixed (float* p = source)
        {
            context.Driver.CopyToDevice(floats.Address, (nint)p, source.Length * 4L, context.Stream);
            context.Kernels.ToValues.Launch(context.Spread(source.Length, 8), floats, context.Values(map), source.Length);
            context.Driver.SynchronizeStream(context.Stream);
        }
    }

    internal void ReadValues(FeatureMap map, Span<float> destination)
    {
        var floats = new DevicePointer<float>(context.Workspace(destination.Length * 4L));
        fixed (float* p = destination)
        {
            context.Kernels.ToFloats.Launch(context.Spread(destination.Length, 8), context.Values(map), floats, destination.Length);
            context.Driver.CopyToHost((nint)p, floats.Address, destination.Length * 4L, context.Stream);
            context.Driver.SynchronizeStream(context.Stream);
        }
    }
}
