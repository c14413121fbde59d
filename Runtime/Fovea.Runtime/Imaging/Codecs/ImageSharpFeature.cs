using System.Diagnostics.CodeAnalysis;

namespace Fovea.Imaging.Codecs;

/// <summary>
/// Whether the application has ImageSharp. <c>&lt;FoveaImageSharp&gt;false&lt;/FoveaImageSharp&gt;</c> in its project leaves it out
/// (<c>build/Fovea.targets</c>); trimming and ahead-of-time compilation then take the property for the constant that it is. JPEG and PNG
/// are read, and PNG written, without it.
/// </summary>
internal static class ImageSharpFeature
{
    /// <summary>True unless the project says otherwise.</summary>
    [FeatureSwitchDefinition("Fovea.Imaging.ImageSharp")]
    public static bool IsSupported { get; } = !AppContext.TryGetSwitch("Fovea.Imaging.ImageSharp", out var isSupported) || isSupported;

    /// <summary>What is wrong with a file of another kind, and what to do.</summary>
    public const string WhyLeftOut = "this application was built with <FoveaImageSharp>false</FoveaImageSharp>, and has readers of JPEG and PNG alone";
}
