using System.Globalization;
using System.Text;
using Fovea.Cuda;

namespace Fovea.TestSupport;

public sealed unsafe partial class RecordingCudaDriver
{
    private const int SharedWithoutLeave = 48 << 10;
    private const int MostThreads = 1024;
    private const int MostThreadsInZ = 64;
    private const int MostBlocksInYZ = 65535;

    private readonly Dictionary<nint, (string Name, string Text)> modules = [];
    private readonly Dictionary<nint, int> sharedLimits = [];
    private readonly Dictionary<string, int> counters = [];

    // ---- modules and launches -----------------------------------------------------------------------------------------------------

    /// <inheritdoc/>
    public CudaModule LoadModule(string name, ReadOnlySpan<byte> ptx)
    {
        if (ptx.IsEmpty || ptx[^1] != 0)
        {
            throw new ArgumentException($"Module {name}: the PTX must end with a 0 byte.", nameof(ptx));
        }

        using var scope = EnterUncaptured(nameof(LoadModule));
        var (handle, label) = NewHandle("module", counters);
        modules.Add(handle, (name, Encoding.UTF8.GetString(ptx[..^1])));
        Log($"load {label}, {name}");
        return new CudaModule(handle);
    }

    /// <inheritdoc/>
    public void UnloadModule(CudaModule module)
    {
        using var scope = EnterUncaptured(nameof(UnloadModule));
        Require(modules, module.Handle, "module", nameof(UnloadModule));
        modules.Remove(module.Handle);
        handles.Remove(module.Handle, out var label);
        Log($"unload {label}");
    }

    /// <summary>A kernel of a module, whose text must have an entry of that name.</summary>
    /// <inheritdoc/>
    public CudaFunction GetFunction(CudaModule module, KernelSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        using var scope = Enter(nameof(GetFunction));
        var (name, text) = Require(modules, module.Handle, "module", nameof(GetFunction));
        if (!text.Contains($".entry {signature.Name}(", StringComparison.Ordinal))
        {
            throw new CudaException(CudaFailure.Kernel, $"GetFunction: expected the entry {signature.Name} in module {name}, found none.");
        }

        sharedLimits.Add(++lastHandle, SharedWithoutLeave);
        return new CudaFunction(lastHandle, signature);
    }

    /// <inheritdoc/>
    public void AllowSharedMemory(CudaFunction function, int bytes)
    {
        using var scope = Enter(nameof(AllowSharedMemory));
        Require(sharedLimits, function.Handle, "kernel", nameof(AllowSharedMemory));
        if (bytes < 0 || bytes > Device.SharedBytesPerBlock)
        {
            throw Misuse($"AllowSharedMemory: expected 0 … {Device.SharedBytesPerBlock} bytes for {function.Signature}, found {bytes}.");
        }

        sharedLimits[function.Handle] = Math.Max(SharedWithoutLeave, bytes);
        Log($"allow {function.Signature} {bytes} bytes of shared memory");
    }

    /// <inheritdoc/>
    public void Launch(CudaFunction function, in LaunchShape shape, void** arguments)
    {
        using var scope = Enter(nameof(Launch));
        CheckShape(function, shape);
        var kernel = function.Signature;
        var on = Submit(shape.Stream, nameof(Launch));
        var values = RecordedArguments.Format(kernel, arguments, address => Touch(on, address, 1, $"Launch of {kernel}"));
        var shared = shape.SharedBytes == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", shared {shape.SharedBytes}");
        Log($"launch {kernel}({values}), grid {Extents(shape.Grid)}, block {Extents(shape.Block)}{shared}, {on.Name}");
    }

    /// <summary>256 for one dimension, 16x16x1 for more.</summary>
    private static string Extents(Dim3 extents) => extents is { Y: 1, Z: 1 }
        ? extents.X.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{extents.X}x{extents.Y}x{extents.Z}");

    private void CheckShape(CudaFunction function, in LaunchShape shape)
    {
        var kernel = function.Signature;
        var allowed = Require(sharedLimits, function.Handle, "kernel", nameof(Launch));
        var (grid, block) = (shape.Grid, shape.Block);
        var most = Math.Min(MostThreads, kernel.Threads);
        if (Math.Min(block.X, Math.Min(block.Y, block.Z)) <= 0 || block.Count > most || block.Z > MostThreadsInZ)
        {
            throw Misuse($"Launch of {kernel}: expected a block of 1 … {most} threads, found {block.X}x{block.Y}x{block.Z}.");
        }

        if (Math.Min(grid.X, Math.Min(grid.Y, grid.Z)) <= 0 || Math.Max(grid.Y, grid.Z) > MostBlocksInYZ)
        {
            throw Misuse($"Launch of {kernel}: expected blocks in x, and 1 … 65535 in y and z, found {grid.X}x{grid.Y}x{grid.Z}.");
        }

        if (shape.SharedBytes < 0 || shape.SharedBytes > allowed)
        {
            throw Misuse(
                $"Launch of {kernel}: expected 0 … {allowed} bytes of shared memory, found {shape.SharedBytes}. Call AllowSharedMemory.");
        }
    }
}
