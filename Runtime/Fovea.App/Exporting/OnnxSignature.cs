using Fovea.Onnx.Export;

namespace Fovea.App.Exporting;

/// <summary>What an ONNX file takes and gives, in words.</summary>
internal static class OnnxSignature
{
    public static IEnumerable<string> Of(ModelDescription model, OnnxExportOptions options)
    {
        var plan = ExportPlan.Of(model, options);
        var canvas = plan.IsFixed ? FormattableString.Invariant($"{plan.Canvas.Height}, {plan.Canvas.Width}") : "H, W";
        if (plan.Kind == OnnxKind.Raw)
        {
            return
            [
                $"  in   input   float [N, 3, {canvas}]   normalised{(plan.IsFixed ? "" : "; H and W are multiples of 32")}",
                $"  out  logits  float [N, anchors, {plan.PostProcessing.Classes}]",
                "       deltas  float [N, anchors, 4]",
            ];
        }

        var picture = plan.HasFixedPictures ? canvas : "H, W";
        var size = plan.HasFixedPictures ? "" : plan.ResizesInside ? ", of any size" : ", of any size, not resized";
        return
        [
            plan.Input == OnnxInput.Bytes
                ? $"  in   images          uint8 [N, {picture}, 3]   red first{size}"
                : $"  in   images          float [N, 3, {picture}]   0 to 1, red first{size}",
            "  out  boxes           float [N, D, 4]   x1, y1, x2, y2 in pixels of the picture, best first",
            "       scores          float [N, D]",
            "       labels          int64 [N, D]      channels of the classes",
            "       num_detections  int64 [N]         the places behind them are empty",
        ];
    }
}
