using System.Runtime.InteropServices;
using Fovea.CompilerServices;

namespace Fovea.Cuda;

/// <content>The host's way into the arena.</content>
internal sealed unsafe partial class CudaContext
{
    public void Write(long offset, ReadOnlySpan<float> source)
    {
        Driver.MakeCurrent();
        Upload(Floats(offset).Address, MemoryMarshal.AsBytes(source));
    }

    public void Write(long offset, ReadOnlySpan<int> source)
    {
        Driver.MakeCurrent();
        Upload(Ints(offset).Address, MemoryMarshal.AsBytes(source));
    }

    public void Read(long offset, Span<float> destination)
    {
        Driver.MakeCurrent();
        fixed (float* p = destination)
        {
            Driver.CopyToHost((nint)p, Floats(offset).Address, destination.Length * 4L, Stream);
            Driver.SynchronizeStream(Stream);
        }
    }

    public void Read(long offset, Span<int> destination)
    {
        Driver.MakeCurrent();
        fixed (int* p = destination)
        {
            Driver.CopyToHost((nint)p, Ints(offset).Address, destination.Length * 4L, Stream);
            Driver.SynchronizeStream(Stream);
        }
    }

    /// <summary>
    /// Copies to the device in the stream's order, through page-locked memory: returns before the device has it, and the source may change
    /// at once.
    /// </summary>
    public void Upload(DeviceAddress target, ReadOnlySpan<byte> source)
    {
        for (var at = 0; at < source.Length; at += StagingBuffers.ChunkBytes)
        {
            var chunk = source.Slice(at, Math.Min(StagingBuffers.ChunkBytes, source.Length - at));
            var (number, staged) = Staging.Next(chunk.Length);
            chunk.CopyTo(new Span<byte>((void*)staged, chunk.Length));
            Driver.CopyToDevice(target + at, staged, chunk.Length, Stream);
            Staging.Mark(number);
        }
    }

    /// <summary>Uploads a map's values, NHWC. Returns before the device has them; the source may change at once.</summary>
    public void Write(FeatureMap map, ReadOnlySpan<float> source)
    {
        RequireLength(map, source.Length);
        Driver.MakeCurrent();
        var floats = Workspace(Math.Min(source.Length, StagingBuffers.ChunkLength) * (long)sizeof(float));
        for (var at = 0; at < source.Length; at += StagingBuffers.ChunkLength)
        {
            var chunk = source.Slice(at, Math.Min(StagingBuffers.ChunkLength, source.Length - at));
            var bytes = chunk.Length * (long)sizeof(float);
            var (number, staged) = Staging.Next(bytes);
            chunk.CopyTo(new Span<float>((void*)staged, chunk.Length));
            Driver.CopyToDevice(floats, staged, bytes, Stream);
            Staging.Mark(number);
            Kernels.ToValues.Launch(
                Spread(chunk.Length, 8), new(floats), Values(map with { Offset = map.Offset + at }), chunk.Length);
        }
    }

    /// <summary>Downloads a map's values, NHWC, and waits for them.</summary>
    public void Read(FeatureMap map, Span<float> destination)
    {
        RequireLength(map, destination.Length);
        Driver.MakeCurrent();
        var floats = Workspace(Math.Min(destination.Length, StagingBuffers.ChunkLength) * (long)sizeof(float));
        (int Number, nint Address) before = default;
        for (var at = 0; at < destination.Length; at += StagingBuffers.ChunkLength)
        {
            var length = Math.Min(StagingBuffers.ChunkLength, destination.Length - at);
            var staged = Staging.Next(length * (long)sizeof(float));
            Kernels.ToFloats.Launch(
                Spread(length, 8), Values(map with { Offset = map.Offset + at }), new(floats), length);
            Driver.CopyToHost(staged.Address, floats, length * (long)sizeof(float), Stream);
            Staging.Mark(staged.Number);

            // While the device copies this chunk, the one before is taken out of its buffer.
            if (at > 0)
            {
                Take(before, destination.Slice(at - StagingBuffers.ChunkLength, StagingBuffers.ChunkLength));
            }

            before = staged;
        }

        var last = (destination.Length - 1) / StagingBuffers.ChunkLength * StagingBuffers.ChunkLength;
        Take(before, destination[last..]);
    }

    private static void RequireLength(FeatureMap map, int length)
    {
        if (map.Length != length || length == 0)
        {
            throw new ArgumentException($"A map {map} has {map.Length} values, found {length}.", nameof(length));
        }
    }

    private void Take((int Number, nint Address) staged, Span<float> destination)
    {
        Staging.Wait(staged.Number);
        new ReadOnlySpan<float>((void*)staged.Address, destination.Length).CopyTo(destination);
    }
}
