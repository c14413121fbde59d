using Fovea.Cuda.Checks;

namespace Fovea.Cuda.Tests.Models;

/// <summary>What tests of whole models over the simulated GPU share.</summary>
internal static class SimulatedDetector
{
    /// <summary>A driver with all kernels; skips the test where nothing can be compiled.</summary>
    public static CudaDriver OpenDriver()
    {
        Skip.If(NativeBuild.Obstacle is not null, NativeBuild.Obstacle);
        Skip.IfNot(OperatingSystem.IsLinux(), "The simulated GPU is a Linux library.");
        return SimulatedGpu.Open(KernelLibraries.Folder);
    }

    /// <summary>Scores about one half, where the prior's would be below the threshold.</summary>
    public static void Excite(Detector detector)
    {
        const string Bias = "head.classification_head.cls_logits.bias";
        detector.WriteTensor(Bias, new float[detector.ReadTensor(Bias).Length]);
    }
}
