using System.Diagnostics.CodeAnalysis;

namespace Fovea.Cuda;

/// <summary>
/// Whether the application has CUDA at all. <c>&lt;FoveaCuda&gt;false&lt;/FoveaCuda&gt;</c> in its project leaves it out
/// (<c>build/Fovea.targets</c>); trimming and ahead-of-time compilation then take the property for the constant that it is.
/// </summary>
internal static class CudaFeature
{
    /// <summary>True unless the project says otherwise.</summary>
    [FeatureSwitchDefinition("Fovea.Cuda.IsSupported")]
    public static bool IsSupported { get; } = !AppContext.TryGetSwitch("Fovea.Cuda.IsSupported", out var isSupported) || isSupported;

    /// <summary>In a device's description.</summary>
    public const string WhyLeftOut = "CUDA was left out (FoveaCuda=false)";

    /// <summary>What asking for CUDA comes to without it.</summary>
    public static CudaException LeftOut() => new(
        CudaFailure.LeftOut,
        "CUDA was left out of this application: its project says <FoveaCuda>false</FoveaCuda>. Remove that and publish again, "
        + "or use --device cpu.");
}
