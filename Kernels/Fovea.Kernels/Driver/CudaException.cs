namespace Fovea;

/// <summary>Why CUDA cannot do what was asked.</summary>
public enum CudaFailure
{
    /// <summary>No driver, or none that serves.</summary>
    NoDriver,

    /// <summary>A driver, but no device.</summary>
    NoDevice,

    /// <summary>The driver is older than what Fovea needs.</summary>
    DriverTooOld,

    /// <summary>The device is older than what Fovea's kernels run on.</summary>
    DeviceTooOld,

    /// <summary>The device's memory does not suffice.</summary>
    OutOfMemory,

    /// <summary>cuDNN is absent, broken or of a version that does not fit.</summary>
    Cudnn,

    /// <summary>A kernel failed while it ran, or could not start.</summary>
    Kernel,

    /// <summary>The device is gone (fallen off the bus, reset): the process must be started again.</summary>
    DeviceLost,

    /// <summary>Anything else that a call has returned.</summary>
    Call,

    /// <summary>The application was built without CUDA.</summary>
    LeftOut,
}

/// <summary>CUDA cannot do what was asked. The message is one line: what failed, why, what to do.</summary>
public sealed class CudaException : InvalidOperationException
{
    /// <summary>An error without words.</summary>
    public CudaException()
        : this(CudaFailure.Call, "CUDA failed.")
    {
    }

    /// <summary>An error in words.</summary>
    public CudaException(string message)
        : this(CudaFailure.Call, message)
    {
    }

    /// <summary>An error in words, and what caused it.</summary>
    public CudaException(string message, Exception? inner)
        : this(CudaFailure.Call, message, inner)
    {
    }

    /// <summary>An error of a kind.</summary>
    public CudaException(CudaFailure failure, string message, Exception? inner = null)
        : base(message, inner)
    {
        Failure = failure;
    }

    /// <summary>The kind.</summary>
    public CudaFailure Failure { get; }
}
