using System.Globalization;
using ManagedCuda.BasicTypes;

namespace Fovea.Cuda;

/// <summary>Turns ManagedCuda's errors into Fovea's, of one line each.</summary>
internal static class ManagedCudaErrors
{
    /// <summary>A code that a call has returned.</summary>
    public static CudaException For(CUResult result, string call, KernelSignature? kernel, LaunchTrace trace)
    {
        var status = (int)result;
        var what = kernel is null ? $"{call} failed" : $"{call} failed for kernel {kernel}";
        var suspects = DriverStatus.IsKernelFault(status) ? trace.ToString() : "";
        var cause = suspects.Length == 0 ? "" : $"; started last: {suspects}";
        return new CudaException(
            DriverStatus.FailureOf(status),
            string.Create(CultureInfo.InvariantCulture, $"{what}: {result} ({status}){cause}. {DriverStatus.AdviceFor(status)}"));
    }
}
