namespace Fovea;

/// <summary>A form in which weights are saved. All have torchvision's keys and shapes, and the same bits.</summary>
public enum WeightsFormat : byte
{
    /// <summary>safetensors, with the classes, the model and its fingerprint: what <see cref="Detector.LoadWeights(string, LoadOptions?)"/> knows best.</summary>
    Safetensors,

    /// <summary>
    /// PyTorch's state dict (<c>.pth</c>), which <c>torch.load(path, weights_only=True)</c> reads and torchvision's model takes by
    /// <c>load_state_dict</c>. At most 4 GB.
    /// </summary>
    Torch,
}
