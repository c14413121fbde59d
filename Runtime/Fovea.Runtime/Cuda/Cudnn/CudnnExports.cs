using System.Runtime.InteropServices;

namespace Fovea.Cuda.Cudnn;

/// <summary>Functions of an opened libcudnn, by name.</summary>
internal static class CudnnExports
{
    /// <summary>The function's address.</summary>
    /// <exception cref="CudaException">The library has none of that name.</exception>
    public static nint Find(nint library, string description, string name) =>
        library != 0 && NativeLibrary.TryGetExport(library, name, out var address)
            ? address
            : throw new CudaException(CudaFailure.Cudnn, $"cuDNN ({description}) has no function {name}: {CudnnStatus.HowToInstall}.");
}
