namespace Fovea.Cuda.Cudnn;

/// <summary>A convolution that is ready to run. <see cref="CudnnConvolutions"/> makes, runs and disposes it.</summary>
internal abstract class CudnnPlan : IDisposable
{
    private protected CudnnPlan(in ConvolutionShape shape, string engine, long workspaceBytes)
    {
        Shape = shape;
        Engine = engine;
        WorkspaceBytes = workspaceBytes;
    }

    /// <summary>What it computes.</summary>
    public ConvolutionShape Shape { get; }

    /// <summary>What computes it, for logs.</summary>
    public string Engine { get; }

    /// <summary>Device memory that a run needs besides the operands.</summary>
    public long WorkspaceBytes { get; }

    /// <summary>Milliseconds when it was timed; 0 if it was not.</summary>
    public float Milliseconds { get; set; }

    /// <summary>Gives the work to the handle's stream.</summary>
    public abstract void Execute(CudnnHandle handle, in ConvolutionOperands operands, DeviceAddress workspace);

    /// <inheritdoc/>
    public abstract void Dispose();
}
