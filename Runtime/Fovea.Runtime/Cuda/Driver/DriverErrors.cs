using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Fovea.Cuda;

/// <summary>Turns a code into an exception of one line: the call, the kernel, the code's name and text, what to do.</summary>
internal sealed unsafe class DriverErrors(DriverEntryPoints api, LaunchTrace trace)
{
    /// <summary>A call without a kernel of its own.</summary>
    public CudaException For(int status, string call) => For(status, call, null);

    /// <summary>A call for a kernel.</summary>
    public CudaException For(int status, string call, KernelSignature? kernel)
    {
        var what = kernel is null ? $"{call} failed" : $"{call} failed for kernel {kernel}";
        var cause = DriverStatus.IsKernelFault(status) ? Suspects() : "";
        return new CudaException(DriverStatus.FailureOf(status), $"{what}: {Describe(status)}{cause}. {DriverStatus.AdviceFor(status)}");
    }

    /// <summary>An allocation, for which what is left is worth knowing.</summary>
    public CudaException ForAllocation(int status, string call, long bytes, string memory)
    {
        if (status != DriverStatus.OutOfMemory)
        {
            return For(status, call);
        }

        nuint free = 0, total = 0;
        var left = memory == "device" && api.MemoryGetInfo(&free, &total) == DriverStatus.Success
            ? string.Create(CultureInfo.InvariantCulture, $"found {Mebibytes((long)free)} free of {Mebibytes((long)total)}")
            : "found less";
        return new CudaException(
            CudaFailure.OutOfMemory,
            $"{call} failed: expected {Mebibytes(bytes)} of {memory} memory, {left} ({Name(status)}). {DriverStatus.AdviceFor(status)}");
    }

    /// <summary>A module that the driver's compiler has refused, with what it said.</summary>
    public CudaException ForModule(int status, string module, ReadOnlySpan<byte> log)
    {
        var end = log.IndexOf((byte)0);
        var text = OneLine(Encoding.UTF8.GetString(end < 0 ? log : log[..end]));
        var said = text.Length == 0 ? "" : $"; the compiler says: {text}";
        return new CudaException(
            DriverStatus.FailureOf(status),
            $"cuModuleLoadDataEx failed for module {module}: {Describe(status)}{said}. {DriverStatus.AdviceFor(status)}");
    }

    /// <summary>For example CUDA_ERROR_INVALID_VALUE (1, invalid argument).</summary>
    public string Describe(int status)
    {
        byte* text = null;
        var known = api.GetErrorString(status, &text) == DriverStatus.Success && text is not null;
        var words = known ? OneLine(Marshal.PtrToStringUTF8((nint)text)!) : "unknown to the driver";
        return string.Create(CultureInfo.InvariantCulture, $"{Name(status)} ({status}, {words})");
    }

    private static string Mebibytes(long bytes) => bytes < 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MiB");

    /// <summary>A compiler's log as one line of bearable length.</summary>
    private static string OneLine(string text)
    {
        const int Longest = 400;
        var lines = text.Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var line = string.Join("; ", lines);
        return line.Length <= Longest ? line : line[..Longest] + "…";
    }

    private string Name(int status)
    {
        byte* name = null;
        return api.GetErrorName(status, &name) == DriverStatus.Success && name is not null
            ? Marshal.PtrToStringUTF8((nint)name)!
            : string.Create(CultureInfo.InvariantCulture, $"CUDA error {status}");
    }

    private string Suspects()
    {
        var kernels = trace.ToString();
        return kernels.Length == 0 ? "" : $"; started last: {kernels}";
    }
}
