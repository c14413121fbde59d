namespace Fovea.Cuda;

/// <summary>An address in a device's memory.</summary>
/// <param name="Value">The bytes' number; 0 is no address.</param>
public readonly record struct DeviceAddress(ulong Value)
{
    /// <summary>So many bytes further.</summary>
    public static DeviceAddress operator +(DeviceAddress address, long bytes) => new(address.Value + (ulong)bytes);
}

/// <summary>A stream of work, done in order.</summary>
/// <param name="Handle">The driver's.</param>
public readonly record struct CudaStream(nint Handle);

/// <summary>A point in a stream's work.</summary>
/// <param name="Handle">The driver's.</param>
public readonly record struct CudaEvent(nint Handle);

/// <summary>Loaded PTX.</summary>
/// <param name="Handle">The driver's.</param>
public readonly record struct CudaModule(nint Handle);

/// <summary>Captured work, ready to run.</summary>
/// <param name="Handle">The driver's.</param>
public readonly record struct CudaGraph(nint Handle);

/// <summary>A kernel that can be started.</summary>
/// <param name="Handle">The driver's.</param>
/// <param name="Signature">Its name and parameters.</param>
public readonly record struct CudaFunction(nint Handle, KernelSignature Signature);
