namespace Fovea.Cuda;

/// <summary>
/// What Fovea needs of a CUDA driver, and no more. Every member fails with <see cref="CudaException"/>, which names the call, and for a
/// kernel the kernel. Handles come from the same instance; calls act on the context that <see cref="OpenContext"/> or
/// <see cref="MakeCurrent"/> made current on the calling thread.
/// </summary>
/// <remarks>
/// Implemented by <c>CudaDriver</c> (libcuda), the opt-in ManagedCuda adapter and, for tests, <c>RecordingCudaDriver</c> (no GPU).
/// </remarks>
public unsafe interface ICudaDriver : IDisposable
{
    /// <summary>
    /// Raised by <see cref="IDisposable.Dispose"/>, before the context goes and outside of any lock: who uses the driver waits for the calls
    /// that have begun and gives everything back. What a handler throws leaves the driver open.
    /// Who begins to use it meanwhile is not told.
    /// </summary>
    event Action? Disposing;

    // ---- device and context -----------------------------------------------------------------------------------------------------

    /// <summary>The driver in words, for logs: its library and version.</summary>
    string Description { get; }

    /// <summary>How many devices there are.</summary>
    int DeviceCount { get; }

    /// <summary>What a device is.</summary>
    /// <param name="ordinal">0 … <see cref="DeviceCount"/> − 1.</param>
    CudaDeviceInfo GetDevice(int ordinal);

    /// <summary>Retains a device's primary context and makes it current on this thread. Once for each instance.</summary>
    /// <param name="ordinal">0 … <see cref="DeviceCount"/> − 1.</param>
    void OpenContext(int ordinal);

    /// <summary>The device whose context is open, or null. Who shares an instance opens the context only where nobody has.</summary>
    int? OpenDevice { get; }

    /// <summary>Makes the opened context current on the calling thread.</summary>
    void MakeCurrent();

    /// <summary>Waits for everything that was given to the device.</summary>
    void Synchronize();

    /// <summary>The device's memory.</summary>
    CudaMemoryInfo GetMemory();

    // ---- memory -----------------------------------------------------------------------------------------------------------------

    /// <summary>Device memory, aligned to 256 bytes.</summary>
    DeviceAddress Allocate(long bytes);

    /// <summary>The same, with a name for whoever writes calls down.</summary>
    /// <param name="bytes">More than 0.</param>
    /// <param name="name">What the memory is, in a word: arena.</param>
    DeviceAddress Allocate(long bytes, string name) => Allocate(bytes);

    /// <summary>Gives device memory back.</summary>
    void Free(DeviceAddress address);

    /// <summary>Page-locked host memory.</summary>
    nint AllocateHost(long bytes);

    /// <inheritdoc cref="Allocate(long, string)"/>
    nint AllocateHost(long bytes, string name) => AllocateHost(bytes);

    /// <summary>Gives page-locked memory back.</summary>
    void FreeHost(nint address);

    /// <summary>Host to device, in the stream's order; truly asynchronous from page-locked memory only.</summary>
    void CopyToDevice(DeviceAddress destination, nint source, long bytes, CudaStream stream);

    /// <summary>Device to host, in the stream's order.</summary>
    void CopyToHost(nint destination, DeviceAddress source, long bytes, CudaStream stream);

    /// <summary>Device to device, in the stream's order.</summary>
    void CopyOnDevice(DeviceAddress destination, DeviceAddress source, long bytes, CudaStream stream);

    /// <summary>Sets 32-bit words, in the stream's order.</summary>
    void Fill(DeviceAddress destination, uint value, long words, CudaStream stream);

    // ---- modules and launches -----------------------------------------------------------------------------------------------------

    /// <summary>Compiles PTX for the device.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="ptx">The text, ending with a 0 byte.</param>
    CudaModule LoadModule(string name, ReadOnlySpan<byte> ptx);

    /// <summary>Gives a module back.</summary>
    void UnloadModule(CudaModule module);

    /// <summary>A kernel of a module.</summary>
    CudaFunction GetFunction(CudaModule module, KernelSignature signature);

    /// <summary>Lets a kernel use more than 48 KiB of dynamic shared memory.</summary>
    void AllowSharedMemory(CudaFunction function, int bytes);

    /// <summary>Starts a kernel.</summary>
    /// <param name="function">The kernel.</param>
    /// <param name="shape">Stream, grid, block and dynamic shared memory.</param>
    /// <param name="arguments">Pointers to the arguments, as the signature lists them.</param>
    void Launch(CudaFunction function, in LaunchShape shape, void** arguments);

    // ---- streams and events -----------------------------------------------------------------------------------------------------

    /// <summary>A stream that does not wait for the default one.</summary>
    CudaStream CreateStream();

    /// <summary>Gives a stream back.</summary>
    void DestroyStream(CudaStream stream);

    /// <summary>Waits for a stream's work.</summary>
    void SynchronizeStream(CudaStream stream);

    /// <summary>An event.</summary>
    /// <param name="timing">Whether it takes the time.</param>
    CudaEvent CreateEvent(bool timing);

    /// <summary>Gives an event back.</summary>
    void DestroyEvent(CudaEvent marker);

    /// <summary>Marks the point that a stream has come to.</summary>
    void RecordEvent(CudaEvent marker, CudaStream stream);

    /// <summary>Later work of the stream waits for the event.</summary>
    void WaitEvent(CudaStream stream, CudaEvent marker);

    /// <summary>Waits for the event.</summary>
    void SynchronizeEvent(CudaEvent marker);

    /// <summary>Milliseconds between two events that took the time and have passed.</summary>
    float ElapsedMilliseconds(CudaEvent start, CudaEvent end);

    // ---- capture ------------------------------------------------------------------------------------------------------------------

    /// <summary>What follows on the stream, and on streams that wait for its events, is written down instead of run.</summary>
    void BeginCapture(CudaStream stream);

    /// <summary>Ends a capture and makes it ready to run.</summary>
    CudaGraph EndCapture(CudaStream stream);

    /// <summary>Runs a captured graph.</summary>
    void LaunchGraph(CudaGraph graph, CudaStream stream);

    /// <summary>Gives a graph back.</summary>
    void DestroyGraph(CudaGraph graph);
}
