using System.Text;

namespace Fovea.Cuda;

internal sealed unsafe partial class CudaDriver
{
    private const int JitErrorLogBuffer = 5;
    private const int JitErrorLogBufferBytes = 6;
    private const int JitLogLength = 8192;
    private const int AttributeMaxDynamicSharedBytes = 8;

    // ---- modules and launches -----------------------------------------------------------------------------------------------------

    /// <inheritdoc/>
    public CudaModule LoadModule(string name, ReadOnlySpan<byte> ptx)
    {
        ThrowIfDisposed();
        if (ptx.IsEmpty || ptx[^1] != 0)
        {
            throw new ArgumentException($"Module {name}: the PTX must end with a 0 byte.", nameof(ptx));
        }

        var log = new byte[JitLogLength];
        fixed (byte* text = ptx, logText = log)
        {
            var options = stackalloc int[] { JitErrorLogBuffer, JitErrorLogBufferBytes };
            var values = stackalloc void*[] { logText, (void*)JitLogLength };
            nint module;
            var status = api.ModuleLoad(&module, text, 2, options, values);
            return status == DriverStatus.Success ? new CudaModule(module) : throw errors.ForModule(status, name, log);
        }
    }

    /// <inheritdoc/>
    public void UnloadModule(CudaModule module)
    {
        ThrowIfDisposed();
        Check(api.ModuleUnload(module.Handle), "cuModuleUnload");
    }

    /// <inheritdoc/>
    public CudaFunction GetFunction(CudaModule module, KernelSignature signature)
    {
        ThrowIfDisposed();
        ArgumentNullException.ThrowIfNull(signature);
        var name = new byte[Encoding.UTF8.GetByteCount(signature.Name) + 1];
        Encoding.UTF8.GetBytes(signature.Name, name);
        fixed (byte* text = name)
        {
            nint function;
            Check(api.ModuleGetFunction(&function, module.Handle, text), "cuModuleGetFunction", signature);
            return new CudaFunction(function, signature);
        }
    }

    /// <inheritdoc/>
    public void AllowSharedMemory(CudaFunction function, int bytes)
    {
        ThrowIfDisposed();
        Check(api.FunctionSetAttribute(function.Handle, AttributeMaxDynamicSharedBytes, bytes), "cuFuncSetAttribute", function.Signature);
    }

    /// <inheritdoc/>
    public void Launch(CudaFunction function, in LaunchShape shape, void** arguments)
    {
        ThrowIfDisposed();
        var (grid, block) = (shape.Grid, shape.Block);
        var status = api.LaunchKernel(
            function.Handle,
            (uint)grid.X, (uint)grid.Y, (uint)grid.Z,
            (uint)block.X, (uint)block.Y, (uint)block.Z,
            (uint)shape.SharedBytes, shape.Stream.Handle, arguments, null);
        Check(status, "cuLaunchKernel", function.Signature);
        trace.Add(function.Signature);
    }
}
