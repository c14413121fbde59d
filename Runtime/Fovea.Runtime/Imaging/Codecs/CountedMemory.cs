using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SixLabors.ImageSharp.Memory;

namespace Fovea.Imaging.Codecs;

/// <summary>Memory for one picture, in bytes: what is held at the same time is never more. It is borrowed from the shared pool.</summary>
/// <param name="most">Bytes.</param>
internal sealed class CountedMemory(long most) : MemoryAllocator
{
    private long free = most;

    /// <exception cref="InvalidMemoryOperationException">There is not as much left.</exception>
    public override IMemoryOwner<T> Allocate<T>(int length, AllocationOptions options = AllocationOptions.None)
    {
        var bytes = (long)length * Unsafe.SizeOf<T>();
        if (length < 0 || bytes > 0x7FFF_FFC7 || Interlocked.Add(ref free, -bytes) < 0)
        {
            throw new InvalidMemoryOperationException($"more memory than the picture's declared size needs: {bytes} bytes at once");
        }

        return new Part<T>(this, (int)bytes, options == AllocationOptions.Clean);
    }

    /// <summary>Pictures lie in one piece.</summary>
    protected override int GetBufferCapacityInBytes() => int.MaxValue;

    private sealed class Part<T> : MemoryManager<T>
        where T : struct
    {
        private readonly CountedMemory owner;
        private readonly int length;
        private byte[]? bytes;

        public Part(CountedMemory owner, int length, bool clean)
        {
            (this.owner, this.length) = (owner, length);
            bytes = ArrayPool<byte>.Shared.Rent(length);
            if (clean)
            {
                bytes.AsSpan(0, length).Clear();
            }
        }

        public override Span<T> GetSpan()
        {
            ObjectDisposedException.ThrowIf(bytes is null, this);
            return MemoryMarshal.Cast<byte, T>(bytes.AsSpan(0, length));
        }

        public override unsafe MemoryHandle Pin(int elementIndex = 0)
        {
            ObjectDisposedException.ThrowIf(bytes is null, this);
            var handle = GCHandle.Alloc(bytes, GCHandleType.Pinned);
            return new MemoryHandle((byte*)handle.AddrOfPinnedObject() + (elementIndex * Unsafe.SizeOf<T>()), handle, this);
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && Interlocked.Exchange(ref bytes, null) is { } array)
            {
                ArrayPool<byte>.Shared.Return(array);
                Interlocked.Add(ref owner.free, length);
            }
        }
    }
}
