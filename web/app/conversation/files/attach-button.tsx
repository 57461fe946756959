import { files as texts } from 'texts:chat';
import { Camera, FilePlus, Paperclip } from 'lucide-react';
import { type ChangeEvent, useRef } from 'react';
import { Button } from '../../ui/button.tsx';
import { Menu, MenuContent, MenuItem, MenuTrigger } from '../../ui/menu.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { useCoarsePointer } from './coarse-pointer.ts';

/** Chooses files. A phone may take a photo instead. */
export function AttachButton({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const chooser = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const hasCamera = useCoarsePointer();

  function onChange({ target }: ChangeEvent<HTMLInputElement>): void {
    onFiles([...(target.files ?? [])]);
    // The same file may be chosen again.
    target.value = '';
  }

  const button = (
    <Button
      variant="ghost"
      size="icon"
      className="size-7 max-md:size-[44px]"
      aria-label={texts.attach}
      {...(hasCamera ? {} : { onClick: () => chooser.current?.click() })}
    >
      <Paperclip />
    </Button>
  );
  return (
    <>
      <input ref={chooser} type="file" multiple hidden aria-label={texts.chooser} onChange={onChange} />
      <input ref={camera} type="file" accept="image/*" capture="environment" hidden onChange={onChange} />
      {hasCamera ? (
        <Menu>
          <MenuTrigger asChild>{button}</MenuTrigger>
          <MenuContent side="top" align="start">
            <MenuItem className="min-h-[44px]" onSelect={() => chooser.current?.click()}>
              <FilePlus />
              {texts.photosAndFiles}
            </MenuItem>
            <MenuItem className="min-h-[44px]" onSelect={() => camera.current?.click()}>
              <Camera />
              {texts.takePhoto}
            </MenuItem>
          </MenuContent>
        </Menu>
      ) : (
        <Tooltip text={texts.attachHint}>{button}</Tooltip>
      )}
    </>
  );
}
