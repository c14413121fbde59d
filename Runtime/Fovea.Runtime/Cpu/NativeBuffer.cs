using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Fovea.Cpu;

/// <summary>Zeroed native memory of 32-bit elements, aligned to a cache line, freed on disposal or finalisation.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint Alignment = 64;
    private float* pointer;

    public NativeBuffer(long length)
        : this(length, replaced: null)
    {
    }

    /// <summary>In place of another, which is freed before this one's pages are touched, so that both never take memory at once.</summary>
    private NativeBuffer(long length, NativeBuffer? replaced)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        pointer = Allocate(length);
        Length = length;
        var bytes = length * sizeof(float);
        GC.AddMemoryPressure(Math.Max(1, bytes));
        replaced?.Dispose();
        NativeMemory.Clear(pointer, (nuint)bytes);
    }

    ~NativeBuffer() => Free();

    public long Length { get; }

    public float* Pointer => pointer;

    public Span<float> Span => new(pointer, checked((int)Length));

    /// <summary>A longer buffer in the place of one that is too short; what it held is lost. Where there is no memory, the old one stays as it is.</summary>
    /// <exception cref="InsufficientMemoryException">With the figures.</exception>
    public static void Grow([NotNull] ref NativeBuffer? buffer, long length)
    {
        if (buffer is null || buffer.Length < length)
        {
            buffer = new NativeBuffer(length, buffer);
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static float* Allocate(long length)
    {
        if (length <= (nint.MaxValue - (nint)Alignment) / sizeof(float))
        {
            try
            {
                return (float*)NativeMemory.AlignedAlloc(Math.Max((nuint)length * sizeof(float), Alignment), Alignment);
            }
            catch (OutOfMemoryException)
            {
                // Said below, with the figures.
            }
        }

        throw new InsufficientMemoryException(FormattableString.Invariant(
            $"{length} elements of 4 bytes ({length >> 18} MiB) could not be reserved in memory. Take a smaller batch or canvas."));
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
