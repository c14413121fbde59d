using System.Runtime.InteropServices;

namespace Fovea.Cpu;

/// <summary>Zeroed native memory of 32-bit elements, aligned to a cache line, freed on disposal or finalisation.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint Alignment = 64;
    private float* pointer;

    public NativeBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        var bytes = checked((nuint)length * sizeof(float));
        pointer = (float*)NativeMemory.AlignedAlloc(Math.Max(bytes, Alignment), Alignment);
        NativeMemory.Clear(pointer, bytes);
        GC.AddMemoryPressure(Math.Max(1, (long)bytes));
    }

    ~NativeBuffer() => Free();

    public long Length { get; }

    public float* Pointer => pointer;

    public Span<float> Span => new(pointer, checked((int)Length));

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (pointer != null)
        {
            NativeMemory.AlignedFree(pointer);
            pointer = null;
            GC.RemoveMemoryPressure(Math.Max(1, Length * sizeof(float)));
        }
    }
}
