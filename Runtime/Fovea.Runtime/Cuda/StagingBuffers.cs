using System.Numerics;

namespace Fovea.Cuda;

/// <summary>
/// Two page-locked buffers, used in turns: while the device copies one the host fills or empties the other. They grow on demand. Not for
/// several threads at a time, as the stream they belong to.
/// </summary>
/// <param name="driver">Allocates.</param>
/// <param name="stream">Copies from and to the buffers in its order.</param>
internal sealed class StagingBuffers(ICudaDriver driver, CudaStream stream) : IDisposable
{
    /// <summary>
    /// Bytes that are copied at a time where more are to be: long enough for the bus, short enough that copies of the host and of the
    /// device overlap.
    /// </summary>
    public const int ChunkBytes = 1 << 20;

    /// <summary>The same in float32 values.</summary>
    public const int ChunkLength = ChunkBytes / sizeof(float);

    /// <summary>Few records are smaller, and page-locked memory comes in pages.</summary>
    private const long LeastBytes = 4096;
    private readonly Buffer[] buffers = [new(), new()];
    private int turn;

    /// <summary>The next buffer, once the device is done with what it was used for before.</summary>
    /// <param name="bytes">At least so large.</param>
    /// <returns>Its number, for <see cref="Mark"/> and <see cref="Wait"/>, and its address.</returns>
    public (int Number, nint Address) Next(long bytes)
    {
        turn ^= 1;
        var buffer = buffers[turn];
        Wait(turn);
        if (bytes > buffer.Bytes)
        {
            Release(buffer);
            var rounded = Math.Max(LeastBytes, (long)BitOperations.RoundUpToPowerOf2((ulong)bytes));
            (buffer.Address, buffer.Bytes) = (driver.AllocateHost(rounded, "hostStaging"), rounded);
        }

        return (turn, buffer.Address);
    }

    /// <summary>The device's work on a buffer has been given to the stream.</summary>
    public void Mark(int number)
    {
        var buffer = buffers[number];
        buffer.Done ??= driver.CreateEvent(timing: false);
        driver.RecordEvent(buffer.Done.Value, stream);
        buffer.IsPending = true;
    }

    /// <summary>Waits until the device is done with a buffer.</summary>
    public void Wait(int number)
    {
        var buffer = buffers[number];
        if (buffer is { IsPending: true, Done: { } done })
        {
            driver.SynchronizeEvent(done);
            buffer.IsPending = false;
        }
    }

    /// <summary>Gives the buffers back, when the device is done with them.</summary>
    public void Dispose()
    {
        for (var number = 0; number < buffers.Length; number++)
        {
            Wait(number);
            Release(buffers[number]);
            if (buffers[number].Done is { } done)
            {
                driver.DestroyEvent(done);
                buffers[number].Done = null;
            }
        }
    }

    private void Release(Buffer buffer)
    {
        if (buffer.Bytes > 0)
        {
            driver.FreeHost(buffer.Address);
            (buffer.Address, buffer.Bytes) = (0, 0);
        }
    }

    private sealed class Buffer
    {
        public nint Address { get; set; }

        public long Bytes { get; set; }

        public CudaEvent? Done { get; set; }

        /// <summary>Whether the device may still be at it.</summary>
        public bool IsPending { get; set; }
    }
}
