namespace Fovea.App.Exporting;

/// <summary>The forms of <c>export</c>.</summary>
internal enum ExportFormat
{
    /// <summary>An ONNX file.</summary>
    Onnx,

    /// <summary>A state dict of PyTorch's form.</summary>
    Torch,

    /// <summary>The weights as checkpoints have them.</summary>
    Safetensors,
}
